import { useCallback, useEffect, useState } from 'react';
import type { Schemas } from '../api/client';
import { messageOf } from '../api/problem';
import { Problem } from '../components/Problem';
import { readableAge } from '../readable';
import { agentName } from './agent';
import { useApi } from './useAccount';

/** Where one is logged in, each to be ended. */
export function Sessions() {
  const api = useApi();
  const [sessions, setSessions] = useState<readonly Schemas['Session'][]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const load = useCallback(async () => {
    try {
      setSessions((await api.call('get', '/api/users/me/sessions', {})).sessions);
    } catch (error) {
      setProblem(messageOf(error));
    }
  }, [api]);
  useEffect(() => {
    void load();
  }, [load]);

  const end = async (session: string | null) => {
    try {
      await (session === null
        ? api.call('delete', '/api/users/me/sessions', {})
        : api.call('delete', '/api/users/me/sessions/{session}', { path: { session } }));
      await load();
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <section className="card" aria-labelledby="account-sessions">
      <h2 id="account-sessions">Where you are logged in</h2>
      <Problem text={problem} />
      <ul className="rows">
        {sessions.map((session) => (
          <li key={session.id} className="row">
            <span className="row-main">
              <span className="row-title">{agentName(session.agent)}</span>
              <span className="muted small">
                {session.address} · used {readableAge(session.used_at, Date.now())}
              </span>
            </span>
            {session.current ? (
              <span className="tag">this one</span>
            ) : (
              <button
                type="button"
                className="push-button is-small"
                aria-label={`End the login of ${agentName(session.agent)}`}
                onClick={() => end(session.id)}
              >
                End
              </button>
            )}
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <div className="form-end">
          <button type="button" className="push-button" onClick={() => end(null)}>
            End all others
          </button>
        </div>
      )}
    </section>
  );
}
