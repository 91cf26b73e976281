// What runs inside the browser: an app on an origin of its own that talks to the gateway through Ory's clients.
import { Configuration, FrontendApi } from "@ory/client";
import { Configuration as OldConfiguration, V0alpha2Api } from "ory-client-alpha";

const node = (flow, name) => flow.ui.nodes.find((candidate) => candidate.attributes.name === name)?.attributes.value;
const failure = (error) => ({ status: error.response?.status, body: error.response?.data });

// The client of the first days, called as its users call it: with an object where a string belongs.
const alpha = (gateway) => {
  const ory = new V0alpha2Api(new OldConfiguration({ basePath: gateway, baseOptions: { withCredentials: true } }));
  return {
    session: () => ory.toSession().then(({ data }) => data, failure),
    register: async (email, password) => {
      const { data: flow } = await ory.initializeSelfServiceRegistrationFlowForBrowsers({ returnTo: location.href });
      const { data: fetched } = await ory.getSelfServiceRegistrationFlow(String(flow.id));
      const body = { method: "password", password, traits: { email }, csrf_token: node(fetched, "csrf_token") };
      return ory.submitSelfServiceRegistrationFlow(String(flow.id), body).then(({ data }) => data, failure);
    },
    login: async (identifier, password, refresh) => {
      const { data: flow } = await ory.initializeSelfServiceLoginFlowForBrowsers(refresh);
      const body = { method: "password", identifier, password, csrf_token: node(flow, "csrf_token") };
      return ory.submitSelfServiceLoginFlow(flow.id, body).then(({ data }) => data, failure);
    },
    rename: async (email, name) => {
      const { data: flow } = await ory.initializeSelfServiceSettingsFlowForBrowsers();
      const body = { method: "profile", traits: { email, name }, csrf_token: node(flow, "csrf_token") };
      return ory.submitSelfServiceSettingsFlow(flow.id, body).then(({ data }) => data, failure);
    },
    forge: async (identifier, password) => {
      const { data: flow } = await ory.initializeSelfServiceLoginFlowForBrowsers();
      const body = { method: "password", identifier, password, csrf_token: "from somewhere else" };
      return ory.submitSelfServiceLoginFlow(flow.id, body).then(({ data }) => data, failure);
    },
    logout: async () => {
      const { data } = await ory.createSelfServiceLogoutFlowUrlForBrowsers();
      await ory.submitSelfServiceLogoutFlow(data.logout_token).catch(() => undefined);
    },
  };
};

const newest = (gateway) => {
  const ory = new FrontendApi(new Configuration({ basePath: gateway, baseOptions: { withCredentials: true } }));
  return {
    session: () => ory.toSession().then(({ data }) => data, failure),
    register: async (email, password) => {
      const { data: flow } = await ory.createBrowserRegistrationFlow();
      const body = { method: "password", password, traits: { email }, csrf_token: node(flow, "csrf_token") };
      return ory
        .updateRegistrationFlow({ flow: flow.id, updateRegistrationFlowBody: body })
        .then(({ data }) => data, failure);
    },
    login: async (identifier, password) => {
      const { data: flow } = await ory.createBrowserLoginFlow();
      const body = { method: "password", identifier, password, csrf_token: node(flow, "csrf_token") };
      return ory.updateLoginFlow({ flow: flow.id, updateLoginFlowBody: body }).then(({ data }) => data, failure);
    },
    rename: async (email, name) => {
      const { data: flow } = await ory.createBrowserSettingsFlow();
      const body = { method: "profile", traits: { email, name }, csrf_token: node(flow, "csrf_token") };
      return ory.updateSettingsFlow({ flow: flow.id, updateSettingsFlowBody: body }).then(({ data }) => data, failure);
    },
    prove: async (password) => {
      const { data: flow } = await ory.createBrowserLoginFlow({ refresh: true });
      const body = { method: "password", identifier: node(flow, "identifier"), password, csrf_token: node(flow, "csrf_token") };
      return ory.updateLoginFlow({ flow: flow.id, updateLoginFlowBody: body }).then(({ data }) => data, failure);
    },
    forge: async (identifier, password) => {
      const { data: flow } = await ory.createBrowserLoginFlow();
      const body = { method: "password", identifier, password, csrf_token: "from somewhere else" };
      return ory.updateLoginFlow({ flow: flow.id, updateLoginFlowBody: body }).then(({ data }) => data, failure);
    },
    // A person who comes back to a form after it has run out.
    dawdle: async (identifier, password) => {
      const { data: flow } = await ory.createBrowserLoginFlow();
      const body = { method: "password", identifier, password, csrf_token: node(flow, "csrf_token") };
      while (Date.parse(flow.expires_at) >= Date.now()) await new Promise((later) => setTimeout(later, 50));
      const late = await ory.updateLoginFlow({ flow: flow.id, updateLoginFlowBody: body }).then(({ data }) => data, failure);
      const next = await ory.getLoginFlow({ id: late.body?.use_flow_id }).then(({ data }) => data, failure);
      return { late, next, first: flow.id };
    },
    logout: async () => {
      const { data } = await ory.createBrowserLogoutFlow();
      await ory.updateLogoutFlow({ token: data.logout_token });
    },
  };
};

globalThis.clients = { alpha, newest };
