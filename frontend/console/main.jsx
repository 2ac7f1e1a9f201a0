// Starts GraphiQL over this server's API, as whoever is signed in.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import 'graphiql/style.css';
import 'monaco-editor/esm/vs/base/browser/ui/codicons/codicon/codicon.css';
import './console.css';
import { EXAMPLES, printed } from './examples.jsx';
import { groups } from './questions.js';

// Monaco's workers are files of this server, so that the page's policy need not allow `blob:`.
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(WORKERS[label] ?? WORKERS.editor, { name: label }),
};

const dark = matchMedia('(prefers-color-scheme: dark)');

/** The theme that was chosen in the rest of the UI, else the system's. */
function theme() {
  try {
    const chosen = localStorage.getItem('marquee-theme');
    if (chosen === 'light' || chosen === 'dark') return chosen;
  } catch {
    // Storage may be switched off.
  }
  return dark.matches ? 'dark' : 'light';
}

/** `theme()`, again whenever the system's changes: the editors do not follow it by themselves. */
function useTheme() {
  const follow = (changed) => {
    dark.addEventListener('change', changed);
    return () => dark.removeEventListener('change', changed);
  };
  return useSyncExternalStore(follow, theme);
}

const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  subscriptionUrl: `${location.origin.replace(/^http/, 'ws')}/graphql/ws`,
  // Answers come whole.
  enableIncrementalDelivery: false,
});

/** Sends the reader to the sign-in once the session has ended; everything else is the answer itself. */
async function guarded(params, options) {
  const answer = await fetcher(params, options);
  const code = answer?.errors?.[0]?.extensions?.code;
  // The frame the console stands in goes there as well.
  if (code === 'UNAUTHENTICATED') top.location.assign('/login?next=%2Fconsole');
  return answer;
}

const first = groups[0].questions[0];

function Console() {
  const chosen = useTheme();
  document.documentElement.style.colorScheme = chosen;
  return (
    <GraphiQL
      fetcher={guarded}
      plugins={[EXAMPLES, HISTORY_PLUGIN]}
      visiblePlugin={EXAMPLES}
      defaultTabs={[{ query: first.query, variables: printed(first.variables) }]}
      defaultEditorToolsVisibility="variables"
      isHeadersEditorEnabled={false}
      forcedTheme={chosen}
      inputValueDeprecation
    >
      <GraphiQL.Logo><a className="home" href="/" target="_top">Marquee</a></GraphiQL.Logo>
    </GraphiQL>
  );
}

createRoot(document.getElementById('console')).render(<Console />);
