import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useFlow } from './flow.jsx';
import { FlowForm, Messages } from './nodes.jsx';
import { loginUrl, signOut } from './ory.js';
import { useSession } from './session.jsx';
import './main.css';

/** The answer of a sign-in or sign-up says where the person was going. */
const goOn = answer => {
  const next = answer.continue_with?.find(({ action }) => action === 'redirect_browser_to');
  location.assign(next?.redirect_browser_to ?? '/');
};

function Front() {
  const session = useSession();
  return (
    <Card title="Greetings">
      <p>A page for everybody. The greeting behind it is for you alone.</p>
      <a className="button" href="/greeting">Show my greeting</a>
      {session === null && <p><a href="/auth/registration">Create an account</a> · <a href={loginUrl()}>Sign in</a></p>}
      {session && <Account session={session} />}
    </Card>
  );
}

/** A page that needs a session, and data that the gateway guards. */
function Greeting() {
  const session = useSession({ required: true });
  const [answer, setAnswer] = useState();
  useEffect(() => {
    if (session) fetch('/api/greeting').then(response => response.json()).then(setAnswer);
  }, [session]);
  if (!answer) return null;
  return (
    <Card title={answer.greeting}>
      <p>The gateway told the API that you are <code>{answer.id}</code>.</p>
      <Account session={session} />
    </Card>
  );
}

function Login() {
  const [flow, submit] = useFlow('login', goOn);
  if (!flow) return null;
  return (
    <Card title={flow.refresh ? 'Confirm it’s you' : 'Sign in'}>
      <Messages messages={flow.ui.messages} />
      <FlowForm flow={flow} submit={submit} />
      <p>New here? <a href={`/auth/registration${back(flow)}`}>Create an account</a></p>
    </Card>
  );
}

function Registration() {
  const [flow, submit] = useFlow('registration', goOn);
  if (!flow) return null;
  return (
    <Card title="Create your account">
      <Messages messages={flow.ui.messages} />
      <FlowForm flow={flow} submit={submit} />
      <p>Already have an account? <a href={`/auth/login${back(flow)}`}>Sign in</a></p>
    </Card>
  );
}

function Settings() {
  const session = useSession({ required: true });
  const [flow, submit] = useFlow('settings', (data, show) => show({ data }));
  if (!session || !flow) return null;
  const groups = [...new Set(flow.ui.nodes.map(node => node.group))].filter(group => group !== 'default');
  return (
    <Card title="Your account">
      <Messages messages={flow.ui.messages} />
      {groups.map(group => (
        <section key={`${group} ${flow.state}`}>
          <h2>{{ profile: 'Profile', password: 'Password' }[group] ?? group}</h2>
          <FlowForm flow={flow} group={group} submit={submit} />
        </section>
      ))}
      <p><a href="/">Back</a></p>
    </Card>
  );
}

const Problem = () => (
  <Card title="That did not work">
    <p>Please start again.</p>
    <a className="button" href="/">To the start page</a>
  </Card>
);

const Account = ({ session }) => (
  <p className="account">
    {session.identity.traits.email} · <a href="/auth/settings">Settings</a> · <button className="link" type="button" onClick={signOut}>Sign out</button>
  </p>
);

const Card = ({ title, children }) => {
  useEffect(() => { document.title = title; }, [title]);
  return <main><h1>{title}</h1>{children}</main>;
};

/** Who changes between signing in and signing up still goes where they were going. */
const back = flow => (flow.return_to ? `?return_to=${encodeURIComponent(flow.return_to)}` : '');

const pages = {
  '/': Front,
  '/greeting': Greeting,
  '/auth/login': Login,
  '/auth/registration': Registration,
  '/auth/settings': Settings,
};
const Page = pages[location.pathname] ?? Problem;
createRoot(document.getElementById('app')).render(<Page />);
