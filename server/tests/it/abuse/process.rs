//! A server in a process of its own, whose memory can be read.

use crate::app::{PASSWORD, Person};
use reqwest::Client;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

pub struct Process {
    child: Child,
    pub address: String,
    _folder: tempfile::TempDir,
}

impl Process {
    /// Starts one with a sample of so many rows.
    pub async fn start(rows: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let marquee = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_marquee"));
            command
                .current_dir(folder.path())
                .env("MARQUEE_LISTEN", "127.0.0.1:0")
                .env("MARQUEE_ADMIN_PASSWORD", PASSWORD)
                .env("MARQUEE_LOG", "error");
            command
        };
        let rows = rows.to_string();
        for arguments in [
            &["sample", "--rows", &rows, "--out", "sample.csv"][..],
            &["ingest", "sample.csv"],
        ] {
            let output = marquee().args(arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {output:?}");
        }
        let mut child = marquee()
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map(|line| line.unwrap())
            .find_map(|line| {
                let at = line.find("http://")?;
                Some(line[at..].split('/').take(3).collect::<Vec<_>>().join("/"))
            })
            .expect("it says where it answers");
        Self {
            child,
            address,
            _folder: folder,
        }
    }

    pub async fn admin(&self) -> Person {
        let admin = Person {
            client: Client::builder().cookie_store(true).build().unwrap(),
            address: self.address.clone(),
        };
        admin.login("admin", PASSWORD).await;
        admin
    }

    /// The most memory it has had so far, in MiB.
    pub fn peak(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<u64>().unwrap() >> 10
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
