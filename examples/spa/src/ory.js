import { Configuration, FrontendApi } from '@ory/client';

/** Ory's client, unchanged: the gateway answers it on the app's own origin. */
export const ory = new FrontendApi(new Configuration({ basePath: location.origin, baseOptions: { withCredentials: true } }));

/** Where to sign in, and come back to where one is. */
export const loginUrl = (back = location.href) => `/auth/login?return_to=${encodeURIComponent(back)}`;

/** The three calls that each kind of flow has. */
export const flows = {
  login: {
    begin: ({ returnTo }) => ory.createBrowserLoginFlow({ returnTo }),
    fetch: id => ory.getLoginFlow({ id }),
    submit: (flow, body) => ory.updateLoginFlow({ flow, updateLoginFlowBody: body }),
  },
  registration: {
    begin: ({ returnTo }) => ory.createBrowserRegistrationFlow({ returnTo }),
    fetch: id => ory.getRegistrationFlow({ id }),
    submit: (flow, body) => ory.updateRegistrationFlow({ flow, updateRegistrationFlowBody: body }),
  },
  settings: {
    begin: ({ returnTo }) => ory.createBrowserSettingsFlow({ returnTo }),
    fetch: id => ory.getSettingsFlow({ id }),
    submit: (flow, body) => ory.updateSettingsFlow({ flow, updateSettingsFlowBody: body }),
  },
};

export async function signOut() {
  const { data } = await ory.createBrowserLogoutFlow();
  location.assign(data.logout_url);
}
