"""Runs Ory's Python client against a gateway: run.py GATEWAY_URL HASTY_URL.

HASTY_URL is a second gateway, whose log-in flows run out within seconds. Prints one line a story and ends with 0 when all held.
"""

import json
import os
import sys
import time
import traceback
from datetime import datetime, timezone
from http.cookies import SimpleCookie

import ory_kratos_client as ory
from ory_kratos_client.api.frontend_api import FrontendApi
from ory_kratos_client.exceptions import ApiException

gateway, hasty = sys.argv[1:3]
PASSWORD = "a plain long passphrase 7"
people = 0


def someone():
    global people
    people += 1
    return f"python{os.getpid()}.{people}@example.com"


def api(base):
    return FrontendApi(ory.ApiClient(ory.Configuration(host=base)))


def refused(call, status):
    """The body of an answer that must be an error with this status."""
    try:
        call()
    except ApiException as answer:
        assert answer.status == status, f"{answer.status}: {answer.body}"
        return answer
    raise AssertionError(f"{status} was expected, and it went well")


def password_login(email, password, token=None):
    return ory.UpdateLoginFlowBody(
        ory.UpdateLoginFlowWithPasswordMethod(method="password", identifier=email, password=password, csrf_token=token)
    )


def password_registration(email, token=None):
    return ory.UpdateRegistrationFlowBody(
        ory.UpdateRegistrationFlowWithPasswordMethod(
            method="password", password=PASSWORD, traits={"email": email}, csrf_token=token
        )
    )


def rename(email, name, token=None):
    return ory.UpdateSettingsFlowBody(
        ory.UpdateSettingsFlowWithProfileMethod(
            method="profile", traits={"email": email, "name": name}, csrf_token=token
        )
    )


def has_message(text, number):
    return f'"id":{number}' in text


def run_out(flow):
    while flow.expires_at >= datetime.now(timezone.utc):
        time.sleep(0.05)


def successor(late):
    """The flow to go on with. The client's type of the answer has no room for it."""
    body = json.loads(late.body)
    assert body["error"]["id"] == "self_service_flow_expired"
    return body["use_flow_id"]


class Visitor(ory.ApiClient):
    """The client as a server-side renderer has it: the cookies of one visitor go along, both ways."""

    def __init__(self, base):
        super().__init__(ory.Configuration(host=base))
        self.jar = {}

    def call_api(self, method, url, header_params=None, *more, **named):
        if self.jar:
            header_params["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        answer = super().call_api(method, url, header_params, *more, **named)
        for line in answer.response.headers.getlist("set-cookie"):
            for name, cookie in SimpleCookie(line).items():
                self.jar[name] = cookie.value
                if cookie["max-age"] == "0":
                    del self.jar[name]
        return answer


def token_of(flow):
    return node(flow, "csrf_token")


def node(flow, name):
    for one in flow.ui.nodes:
        attributes = one.attributes.actual_instance
        if getattr(attributes, "name", None) == name:
            return attributes.value.actual_instance if hasattr(attributes.value, "actual_instance") else attributes.value
    return None


def native_program():
    client = api(gateway)
    email = someone()
    flow = client.create_native_registration_flow()
    registered = client.update_registration_flow(flow.id, password_registration(email))
    assert registered.session_token.startswith("ory_st_")
    flow = client.create_native_login_flow()
    wrong = refused(lambda: client.update_login_flow(flow.id, password_login(email, "not the password")), 400)
    assert has_message(wrong.body, 4000006), wrong.body
    signed_in = client.update_login_flow(flow.id, password_login(email, PASSWORD))
    token = signed_in.session_token
    session = client.to_session(x_session_token=token)
    assert session.identity.traits["email"] == email and session.active
    flow = client.create_native_settings_flow(x_session_token=token)
    saved = client.update_settings_flow(flow.id, rename(email, "Ada"), x_session_token=token)
    assert saved.state == "success" and saved.identity.traits["name"] == "Ada"
    flow = client.create_native_login_flow(refresh=True, x_session_token=token)
    proved = client.update_login_flow(flow.id, password_login(email, PASSWORD), x_session_token=token)
    assert proved.session.id == session.id
    assert proved.session.authenticated_at > session.authenticated_at
    client.perform_native_logout(ory.PerformNativeLogoutBody(session_token=token))
    refused(lambda: client.to_session(x_session_token=token), 401)


def browser():
    visitor = FrontendApi(Visitor(gateway))
    email = someone()
    refused(visitor.to_session, 401)
    flow = visitor.create_browser_registration_flow()
    registered = visitor.update_registration_flow(flow.id, password_registration(email, token_of(flow)))
    assert registered.session.identity.traits["email"] == email
    link = visitor.create_browser_logout_flow()
    visitor.update_logout_flow(token=link.logout_token)
    refused(visitor.to_session, 401)
    flow = visitor.create_browser_login_flow()
    wrong = password_login(email, "not the password", token_of(flow))
    assert has_message(refused(lambda: visitor.update_login_flow(flow.id, wrong), 400).body, 4000006)
    forged = password_login(email, PASSWORD, "from somewhere else")
    answer = refused(lambda: visitor.update_login_flow(flow.id, forged), 403)
    assert "security_csrf_violation" in answer.body
    back = visitor.update_login_flow(flow.id, password_login(email, PASSWORD, token_of(flow)))
    session = visitor.to_session()
    assert session.id == back.session.id
    flow = visitor.create_browser_settings_flow()
    saved = visitor.update_settings_flow(flow.id, rename(email, "Ada", token_of(flow)))
    assert saved.state == "success" and saved.identity.traits["name"] == "Ada"
    flow = visitor.create_browser_login_flow(refresh=True)
    again = password_login(node(flow, "identifier"), PASSWORD, token_of(flow))
    proved = visitor.update_login_flow(flow.id, again)
    assert proved.session.id == session.id
    assert proved.session.authenticated_at > session.authenticated_at


def late_program():
    client = api(hasty)
    flow = client.create_native_login_flow()
    body = password_login(someone(), PASSWORD)
    cookies = refused(lambda: client.update_login_flow(flow.id, body, cookie="from=a browser"), 400)
    assert has_message(cookies.body, 4000001), cookies.body
    run_out(flow)
    late = refused(lambda: client.update_login_flow(flow.id, body), 410)
    fresh = client.get_login_flow(successor(late))
    assert fresh.ui.messages[0].id == 4010001


def late_browser():
    visitor = FrontendApi(Visitor(hasty))
    flow = visitor.create_browser_login_flow()
    run_out(flow)
    body = password_login(someone(), PASSWORD, token_of(flow))
    late = refused(lambda: visitor.update_login_flow(flow.id, body), 410)
    fresh = visitor.get_login_flow(successor(late))
    assert fresh.id != flow.id and fresh.ui.messages[0].id == 4010001


stories = {
    "a native program": native_program,
    "a browser": browser,
    "a native program that sends cookies, and comes late": late_program,
    "a browser that comes late": late_browser,
}
failed = 0
for name, story in stories.items():
    try:
        story()
        print(f"ok     {name}")
    except Exception:  # every story runs, whatever the others did
        failed += 1
        print(f"failed {name}")
        traceback.print_exc(file=sys.stdout)
sys.exit(1 if failed else 0)
