// The sidebar's list of ready operations.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { groups } from './questions.js';

/** How the editor prints variables: none at all where there are none. */
export function printed(variables) {
  return Object.keys(variables).length ? JSON.stringify(variables, null, 2) : '';
}

function Examples() {
  const { addTab, setVisiblePlugin } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));
  const show = ({ query, variables }) => {
    // What is being written stays in its own tab.
    if (queryEditor?.getValue().trim()) addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(printed(variables));
    // On a narrow screen the list stands where the operation is to be seen.
    if (window.matchMedia('(max-width: 720px)').matches) setVisiblePlugin(null);
    queryEditor?.focus();
  };
  return (
    <section aria-label="Examples" className="examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      {groups.map((group) => (
        <div key={group.title}>
          <h2>{group.title}</h2>
          <ul>
            {group.questions.map((question) => (
              <li key={question.title}>
                <button type="button" className="graphiql-un-styled" onClick={() => show(question)}>{question.title}</button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.2" aria-hidden="true">
      <path d="M2 3h12v10H2zM4.5 6h7M4.5 8h7M4.5 10h4" />
    </svg>
  );
}

export const EXAMPLES = { title: 'Examples', icon: Icon, content: Examples };
