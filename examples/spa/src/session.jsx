import { useEffect, useState } from 'react';
import { loginUrl, ory } from './ory.js';

/**
 * Who is signed in: `undefined` while it is asked, `null` for nobody, else the session.
 * With `required`, nobody is sent to sign in and comes back to this page.
 */
export function useSession({ required = false } = {}) {
  const [session, setSession] = useState();
  useEffect(() => {
    ory.toSession().then(
      ({ data }) => setSession(data),
      error => {
        if (error.response?.status !== 401) throw error;
        if (required) location.replace(loginUrl());
        else setSession(null);
      },
    );
  }, [required]);
  return session;
}
