import { useCallback, useEffect, useState } from 'react';
import { flows } from './ory.js';

const query = name => new URLSearchParams(location.search).get(name) ?? undefined;

/** A flow of one kind, begun or gone on with, and what sends it. `done` gets the answer of a submission that went well. */
export function useFlow(kind, done) {
  const [flow, setFlow] = useState();

  const show = useCallback(({ data }) => {
    history.replaceState(null, '', `?flow=${data.id}`);
    setFlow(data);
  }, []);

  /** The answers of flows that are not forms, each with the way on (see "Flow errors" in the README). */
  const recover = useCallback(async error => {
    const { status, data } = error.response ?? {};
    const again = () => flows[kind].begin({ returnTo: query('return_to') ?? flow?.return_to }).then(show, recover);
    if (status === 400 && data.ui) return show({ data });
    if (data?.redirect_browser_to) return location.assign(data.redirect_browser_to);
    if (data?.error?.id === 'session_already_available') return location.assign(flow?.return_to ?? '/');
    if (data?.error?.id === 'session_inactive') return location.assign('/auth/login');
    if (data?.use_flow_id) return flows[kind].fetch(data.use_flow_id).then(show, again);
    if ([403, 404, 410].includes(status)) return again();
    throw error;
  }, [kind, flow, show]);

  useEffect(() => {
    const id = query('flow');
    const first = id ? flows[kind].fetch(id) : flows[kind].begin({ returnTo: query('return_to') });
    first.then(show, recover);
    // Once for each kind: what changes later is the flow itself.
  }, [kind]);

  const submit = body => flows[kind].submit(flow.id, body).then(({ data }) => done(data, show), recover);
  return [flow, submit];
}
