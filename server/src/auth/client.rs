//! Where a request comes from, as the connection says or as a proxy that is trusted does.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// What is known of where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client {
    /// The address of the client itself.
    pub address: Option<IpAddr>,
    /// Whether the client came by HTTPS, to a proxy that is trusted.
    pub secure: bool,
    /// Whether the connection is a trusted proxy's.
    pub proxied: bool,
}

/// The proxies whose word is taken for where requests come from.
#[derive(Clone, Debug, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// Whether an address is one of them.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Where a request comes from: the connection's other end, or, where that is a trusted proxy, the last address
    /// in `X-Forwarded-For` that is none. What stands before that in the header anybody can have written.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> Client {
        let peer = peer.ip().to_canonical();
        if !self.trust(peer) {
            return Client {
                address: Some(peer),
                secure: false,
                proxied: false,
            };
        }
        let lines = headers.get_all("x-forwarded-for").iter();
        let mut hops: Vec<_> = lines
            .flat_map(|line| line.to_str().unwrap_or_default().split(','))
            .map(address)
            .collect();
        let mut found = peer;
        while let Some(Some(hop)) = hops.pop() {
            found = hop;
            if !self.trust(hop) {
                break;
            }
        }
        let scheme = headers.get("x-forwarded-proto");
        Client {
            address: Some(found),
            secure: scheme.is_some_and(|scheme| scheme == "https"),
            proxied: true,
        }
    }
}

/// An address as proxies write it, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let parsed = bare.unwrap_or(text).parse();
    let address = parsed.or_else(|_| text.parse::<SocketAddr>().map(|found| found.ip()));
    address.ok().map(|found| found.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(trusted: &[&str], peer: &str, forwarded: &[&str], expected: &str) {
        let proxies = Proxies(trusted.iter().map(|net| net.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        let client = proxies.client(peer.parse().unwrap(), &headers);
        assert_eq!(
            client.address,
            Some(expected.parse().unwrap()),
            "{forwarded:?}"
        );
        assert_eq!(client.secure, !trusted.is_empty());
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check(&[], "10.0.0.1:9", &["1.2.3.4"], "10.0.0.1");
        let nets = &["10.0.0.0/8", "::1/128"];
        check(nets, "10.0.0.1:9", &["1.2.3.4"], "1.2.3.4");
        check(
            nets,
            "10.0.0.1:9",
            &["6.6.6.6, 1.2.3.4, 10.0.0.7"],
            "1.2.3.4",
        );
        check(nets, "10.0.0.1:9", &["6.6.6.6", "1.2.3.4:80"], "1.2.3.4");
        check(nets, "[::1]:9", &["[2001:db8::1]:80"], "2001:db8::1");
        check(nets, "[::ffff:10.0.0.1]:9", &["1.2.3.4"], "1.2.3.4");
        check(nets, "10.0.0.1:9", &["nonsense, 10.0.0.7"], "10.0.0.7");
        check(nets, "10.0.0.1:9", &[], "10.0.0.1");
    }
}
