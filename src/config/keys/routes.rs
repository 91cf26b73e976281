//! `routes`, and what `gateway.defaults` may hold of it (columns: `keys`).

pub(super) const TABLE: &str = r"
routes[] | @fullroute | | + | Who may reach which app.
@fullroute.id | name! | | + | Name of the route.
@fullroute.match | map | | + | Which requests it takes.
@fullroute.match.hosts[] | hostpattern | | + | Hosts: wiki.example.com or *.example.com; none = any.
@fullroute.match.paths[] | prefix | | + | A path with what is below it, /x or {prefix: /x}, or alone, {exact: /x}.
@fullroute.match.paths[].prefix | prefix | | + | This path and what is below it.
@fullroute.match.paths[].exact | exact | | + | This path only.
@fullroute.match.paths[].glob | glob | | + | Paths of this shape.
@fullroute.match.paths[].regex | regex | | + | Paths that fit this pattern.
@fullroute.match.methods[] | method | | + | Methods; none = any.
@fullroute.match.headers[].name | header! | | + | Header to look at.
@fullroute.match.headers[].value | text | | + | With this value.
@fullroute.match.headers[].present | bool | | + | That is there, or not.
@fullroute.match.headers[].regex | regex | | + | Whose value fits.
@fullroute.match.query[].name | text! | | + | Parameter to look at.
@fullroute.match.query[].value | text | | + | With this value.
@fullroute.match.query[].present | bool | | + | That is there, or not.
@fullroute.match.query[].regex | regex | | + | Whose value fits.
@fullroute.match.client_ips[] | cidr-not | | + | Networks of clients; ! excludes.
@fullroute.upstream | upstream | | + | The app: a name, a URL or a map.
@fullroute.upstream | @upstream | | + | The app: a name, a URL or a map.
@fullroute | @route | | + | The rest.
@route.description | text | | = | For people.
@route.priority | int(-1000..1000) | 0 | + | Higher goes first.
@route.access | access | authenticated | + | Who may: public, optional, authenticated, deny, or a map.
@route.access.mode | enum(public,optional,authenticated,deny) | authenticated | + | Who may.
@route.access.authenticators[] | text | session | + | How one may prove who one is, in this order: session, pat (access tokens), basic (access tokens as passwords).
@route.access.require | @require | | + | What else is asked for.
@route.access.require[] | @require | | + | What else is asked for.
@route.access.on_unauthenticated | enum(auto,redirect,json,challenge) | auto | + | What who is not signed in gets.
@route.access.on_insufficient | enum(auto,forbid) | auto | + | What who lacks something gets.
@route.access.on_unenrolled | enum(enroll,forbid) | enroll | + | What who has no second factor gets.
@route.access.challenge[] | enum(basic,bearer) | | ~ | Schemes that are offered.
@route.access.report_only | bool | false | + | Only logs what would be refused.
@route.redirect.to | text! | | + | Where to.
@route.redirect.code | enum(301,302,303,307,308) | 302 | + | With this status.
@route.redirect.keep_path | bool | false | + | Appends the path.
@route.redirect.keep_query | bool | false | + | Appends the query.
@route.respond.status | int(200..599) | 200 | + | Status.
@route.respond.headers.* | text | | + | Headers.
@route.respond.body | text | | + | Body, at most 64 KiB.
@route.decision_only | bool | false | ~? | Used by forward-auth only.
@route.allow_lints[] | text | | + | Warnings that are meant.
@route.identity_headers | @headers | | + | Headers that tell this app who it is.
@route.assertion | @assertion | | ~ | A signed token beside the headers.
@route.merge_slashes | bool | true | + | Makes // one slash.
@route.encoded_slashes | enum(reject,keep) | reject | + | What happens with %2F.
@route.rewrite.strip_prefix | path | | ~ | Cuts this off the path.
@route.rewrite.regex.pattern | regex! | | ~ | Replaces what fits.
@route.rewrite.regex.to | text! | | ~ | By this.
@route.rewrite.add_prefix | path | | ~ | Puts this before the path.
@route.rewrite.strip_query[] | text | | ~ | Parameters that are left out.
@route.rewrite_location | bool | false | ~? | Rewrites redirects of the app.
@route.headers.request | @headerrules | | ~ | Changes of request headers.
@route.headers.response | @headerrules | | ~ | Changes of response headers.
@route.hide[] | header | | ~ | Response headers that are left out.
@route.host_header | text | preserve | + | Host the app sees: preserve, upstream or a name.
@route.upgrades[] | upgrade | websocket | + | Protocols one may upgrade to.
@route.protocol | enum(http,grpc) | http | + | What the app speaks.
@route.forward_cookies[] | token | | + | Cookies of ours that the app gets.
@route.forward_credentials | bool | false | + | The app gets tokens of ours.
@route.timeouts.connect | timeout | 5s | + | Reaching the app.
@route.timeouts.tls | timeout | 5s | + | TLS with the app.
@route.timeouts.pool_wait | timeout | 5s | + | Waiting for a connection.
@route.timeouts.response | timeout | 60s | + | Waiting for an answer.
@route.timeouts.idle | timeout | 60s | + | Silence of the app.
@route.timeouts.client_stall | timeout | 10m | + | The client does not read.
@route.timeouts.request_body_idle | timeout | 30s | + | Silence of the client.
@route.timeouts.total | timeout | off | + | The whole exchange.
@route.timeouts.upgrade_idle | timeout | 1h | + | Silence of a WebSocket.
@route.limits.body | size | | + | Largest request body.
@route.limits.in_flight | int(1..) | | ~ | Requests under way.
@route.trailers | bool | false | + | Passes trailers on.
@route.cors.allowed_origins[] | corsorigin | | ~ | Origins that may read answers.
@route.cors.allowed_methods[] | method | | ~ | Methods another origin may use.
@route.cors.allowed_headers[] | header | | ~ | Request headers another origin may send.
@route.cors.exposed_headers[] | header | | ~ | Response headers another origin may read.
@route.cors.allow_credentials | bool | false | ~ | Another origin may send cookies.
@route.cors.max_age | dur | 10m | ~ | How long a preflight answer may be kept.
@route.preflight | enum(deny,pass) | deny | ~? | What happens with preflight requests without cors.
@route.csrf | enum(same_site,same_origin,off) | same_site | !? | Where changing requests may come from.
@route.rate_limits[].key | ratekey! | | ~ | What is counted.
@route.rate_limits[].rate | rate! | | ~ | How much is allowed, such as 100/1m.
@route.rate_limits[].burst | int(1..) | | ~ | How much at once.
@route.rate_limits[].methods[] | method | | ~ | For these methods.
@route.rate_limits[].when | enum(pre,post) | | ~ | Before or after signing in.
@route.retry.attempts | int(1..10) | 2 | + | How often.
@route.retry.on[] | enum(reset,timeout,502,503,504) | reset | + | After which failures.
@route.retry.budget | percent | 20% | + | Share of requests.
@route.retry.min_per_second | int(0..) | 5 | + | Always allowed.
@route.retry.backoff | text | 25ms..250ms | + | Pause between attempts.
@route.retry.per_try_timeout | dur+ | | + | Time of one attempt.
@route.retry.idempotent_methods[] | enum(GET,HEAD,OPTIONS,PUT,DELETE) | | + | Methods that may be repeated.
@route.retry.replay_buffer | size | 64KiB | ~ | Largest body that may be repeated.
@route.stream_binding | enum(session,none) | session | + | Long answers end with the session.
@route.on_remove | enum(keep,close) | keep | ~? | What happens to connections when the route goes.
@route.on_overflow | enum(omit,fail) | omit | ~? | What happens when identity headers get too large.
@route.cookies.secure | bool | | ~ | Makes cookies of the app Secure.
@route.cookies.samesite | enum(lax,strict,none) | | ~ | Sets SameSite of the app's cookies.
@route.cookies.domain | enum(drop) | | ~ | Drops Domain of the app's cookies.
@route.cache_for | dur | | ~ | How long a caller may keep a decision.
@route.app.name | text | | + | Name shown to people.
@route.app.description | text | | = | Shown in the list of apps.
@route.app.icon | text | | = | Icon in the list of apps.
@route.app.group | text | | = | Group in the list of apps.
@route.app.url | uri | | = | Where the list of apps leads.
@route.app.order | int(-1000..1000) | 0 | = | Place in the list of apps.
@route.app.hidden | bool | false | = | Left out of the list of apps.
@headerrules.set.* | template | | ~ | Sets a header.
@headerrules.add.* | template | | ~ | Adds a header.
@headerrules.remove[] | header | | ~ | Removes headers.
@headerrules.rename.* | header | | ~ | Renames a header.
@headers.preset | enum(vestibule,remote,auth-request,forwarded,webauth,kratos,none) | | + | A set other products use.
@headers.* | template | | + | A header and its template.
@headers.*.template | template! | | + | Text with {{ … }}.
@headers.*.encoding | enum(utf8,percent,rfc2047,base64,ascii) | utf8 | + | How the value is written.
@assertion.enabled | bool | false | ~ | Sends it.
@assertion.header | header | X-Vestibule-Assertion | ~ | In this header.
@assertion.scheme | text | | ~ | With this word before it.
@assertion.audience | text | | ~ | For whom it is.
@assertion.ttl | dur+ | 5m | ~ | How long it is good.
@assertion.claims.* | template | | ~ | More claims.
@assertion.algorithm | enum(ES256,RS256,EdDSA) | ES256 | ~ | How it is signed.
@assertion.unique | bool | false | ~ | Signs every request anew.
@require.aal | enum(aal1,aal2,highest_available) | | + | Number of factors.
@require.max_age | dur+ | | + | How long ago one may have signed in.
@require.verified | enum(email,sms,any) | | + | A proven address.
@require.methods[] | text | | + | Ways of signing in.
@require.providers[] | text | | + | Providers one may have signed in with.
@require.schemas[] | text | | + | Identity schemas.
@require.identities[] | uuid | | + | Ids of people.
@require.emails[] | text | | + | Proven addresses.
@require.email_domains[] | domain | | + | Domains of proven addresses.
@require.groups.any[] | text | | + | One of these groups.
@require.groups.all[] | text | | + | All of these groups.
@require.groups.none[] | text | | + | None of these groups.
@require.organizations[] | text | | ! | Organizations.
@require.scopes[] | text | | + | Scopes of a token.
@require.client_ips[] | cidr-not | | + | Networks of clients.
@require.time | any | | ! | Times of day.
@require.expression | expr | | + | An expression.
@require.remote.url | decisionurl! | | ! | Asks another service.
@require.remote.timeout | dur+ | 500ms | ! | How long to wait for it.
@require.remote.cache | dur | 0s | ! | How long its answer is kept.
@require.remote.forward_headers[] | header | | ! | Request headers it sees.
@require.remote.headers_to_upstream[] | header | | ! | Its headers the app sees.
@require.remote.allow_insecure | bool | false | ! | Allows plain http.
";
