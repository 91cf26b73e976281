//! `gateway`, `limits`, `drain` and other top-level keys of ours (columns: `keys`).

pub(super) const TABLE: &str = r"
include[] | text | | + | Files with more routes, upstreams and authenticators.
gateway.defaults | @route | | + | What routes have unless they say otherwise.
gateway.default_route | @defaultroute | | + | What happens when no route matches.
gateway.trusted_proxies[] | cidr+ | | + | Networks of proxies whose forwarded headers count.
gateway.i_accept_spoofing | bool | false | + | Allows trusting everybody.
gateway.client_ip_header | enum(X-Forwarded-For,Forwarded,X-Real-IP,CF-Connecting-IP,True-Client-IP) | X-Forwarded-For | ~? | The header that names the client.
gateway.trust_forwarded_host | bool | false | ~? | Believes X-Forwarded-Host of trusted proxies.
gateway.forwarded | bool | false | ~? | Sends Forwarded to apps.
gateway.via | bool | false | ~? | Sends Via.
gateway.email | enum(verified_only,any) | | + | Whether X-User-Email may be unproven.
gateway.groups_from | text | identity.metadata_public.groups | + | Where groups are read.
gateway.name_from[] | text | identity.traits.name,identity.traits.username,email | + | Where names are read.
gateway.identity_headers | @headers | | + | Headers that tell apps who it is.
gateway.assertion | @assertion | | ~ | A signed token beside the headers.
gateway.session_cache.ttl | dur+ | 5m | + | How long a session is kept in memory.
gateway.session_cache.capacity | size | 64MiB | + | Memory for sessions.
gateway.session_cache.max_staleness | dur | 10s | ~ | Age an entry may have on several nodes.
gateway.session_cache.stale_if_error | dur | | ~ | How long an entry serves while the store is down.
gateway.hsts.max_age | dur | 365d | + | How long browsers insist on https.
gateway.hsts.include_subdomains | bool | false | + | Below the host too.
gateway.hsts.preload | bool | false | + | For the lists in browsers.
gateway.path.normalize | enum(auto,always) | auto | + | Rewrites paths to their plain form.
gateway.path.dot_segments | enum(remove,reject) | remove | + | What happens with /./ and /../.
gateway.path.merge_slashes | bool | true | + | Makes // one slash.
gateway.headers_with_underscores | enum(drop,allow,reject) | drop | + | What happens with X_Name.
gateway.strip_request_headers[] | header | | + | More headers clients may not send.
gateway.error_pages.dir | text | | ~ | Folder of templates.
gateway.error_pages.show_reason | enum(none,user,full) | user | ~? | How much a refusal explains.
gateway.server_timing | bool | false | + | Sends Server-Timing.
gateway.assets_dir | text | | ~ | Folder of icons.
gateway.keys_file | text | | ~ | Where signing keys are kept.
gateway.rotate_every | dur | 90d | ~ | How often signing keys change.
gateway.trust_incoming | enum(trusted,always,never) | trusted | ~? | Whose trace ids count.
gateway.csrf.trusted_origins[] | origin | | ! | Origins that may send cookies along.
@defaultroute | @route | | + | What a route may say.
@defaultroute.status | int(400..599) | 404 | + | Answers with this status.
@defaultroute.upstream | upstream | | + | The app: a name, a URL or a map.
@defaultroute.upstream | @upstream | | + | The app: a name, a URL or a map.
limits | @limits | | + | Limits of connections and of our own endpoints.
@limits.connections | int(1..) | 10000 | + | Connections: a number for all, or total and per_ip.
@limits.connections.total | int(1..) | 10000 | + | Connections in all.
@limits.connections.per_ip | int(1..) | 256 | + | Connections of one client address.
@limits.handshake.timeout | dur+ | 10s | + | Time for a TLS handshake.
@limits.handshake.concurrent | int(1..) | 100 | ~ | TLS handshakes at once per core.
@limits.header_timeout | dur+ | 10s | + | Time for a request head.
@limits.headers | size | 64KiB | + | Request line and headers together.
@limits.keep_alive | dur+ | 75s | + | How long an idle connection stays open.
@limits.in_flight | int(1..) | 10000 | + | Requests under way.
@limits.self_service_body | size | 64KiB | + | Body of a form.
@limits.admin_body | size | 1MiB | + | Body of an admin request.
@limits.h2.max_concurrent_streams | int(1..) | 100 | + | HTTP/2 requests at once per connection.
@limits.h2.max_pending_resets | int(1..) | 20 | + | HTTP/2 streams the client took back.
@limits.h2.max_local_resets | int(1..) | 64 | + | HTTP/2 streams taken back here.
@limits.h2.rapid_reset | int(1..) | 100 | + | HTTP/2 streams taken back in ten seconds.
drain.delay | dur | 0s | + | Pause before a stopping process stops accepting.
drain.timeout | dur | 30s | + | Time for requests under way.
drain.upgrades | dur | 30s | + | Time for WebSockets.
reload.watch | bool | false | ~? | Reads the file again when it changes.
storage.allow_network_fs | bool | false | ~? | Allows the database on a network file system.
storage.backup.every | dur+ | | ~ | Copies the database regularly.
ui | open | | ~ | Looks of the pages.

authenticators.* | @authenticator | | ! | Ways to prove who one is.
@authenticator.type | enum(session,pat,basic,api_key,jwt,introspection,mtls,anonymous)! | | ! | Kind.
@authenticator.issuers[] | text | | ! | Accepted issuers.
@authenticator.audiences[] | text | | ! | Accepted audiences.
@authenticator.algorithms[] | enum(RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA) | | ! | Accepted algorithms.
@authenticator.jwks_url | decisionurl | | ! | Where keys are fetched.
@authenticator.jwks_file | text | | ! | File with keys.
@authenticator.allow_insecure | bool | false | ! | Allows plain http.
@authenticator.leeway | dur | 10s | ! | How far clocks may differ.
@authenticator.typ | text | | ! | Accepted type of token.
@authenticator.from.header | header | | ! | Header that holds the token.
@authenticator.from.cookie | token | | ! | Cookie that holds the token.
@authenticator.identity_from | any | | ! | Links to a local identity.
@authenticator.header | header | X-Api-Key | ! | Header that holds the key.
@authenticator.keys[].id | name! | | ! | Name of the key.
@authenticator.keys[].secret_hash | text! | | ! | Hash of the key.
@authenticator.keys[].scopes[] | text | | ! | What it may.
@authenticator.keys[].groups[] | text | | ! | Its groups.
@authenticator.keys[].expires | text | | ! | Until when.
@authenticator.allow_password | bool | false | ! | Takes real passwords too.
@authenticator.url | decisionurl | | ! | Introspection endpoint.
@authenticator.client_id | text | | ! | Client id there.
@authenticator.client_secret | text | | ! | Client secret there.
@authenticator.client_auth | enum(basic,post) | basic | ! | How the client is named.
@authenticator.prefix | text | | ! | Tokens that begin so.
@authenticator.scopes[] | text | | ! | Needed scopes.
@authenticator.scope_strategy | enum(exact,hierarchic,wildcard) | exact | ! | How scopes are compared.
@authenticator.ca_file | text | | ! | Authority of client certificates.
@authenticator.crl_file | text | | ! | Withdrawn client certificates.
@authenticator.verify | enum(require,request) | require | ! | Whether a certificate must come.
@authenticator.match[] | any | | ! | Which certificates.

upstreams.* | @upstream | | + | An app.
@upstream.targets[] | target! | | + | Where it listens.
@upstream.targets[].url | target! | | + | Where it listens.
@upstream.targets[].weight | int(1..1000) | 1 | + | Its share of requests.
@upstream.policy | enum(least_request,round_robin,random,hash,first) | least_request | + | Which target a request gets.
@upstream.hash_on | text | | + | What the policy `hash` looks at.
@upstream.health | map | | + | Which targets are used.
@upstream.health.active.path | path | / | + | What is asked for.
@upstream.health.active.method | method | GET | + | With this method.
@upstream.health.active.host | text | | + | With this Host.
@upstream.health.active.interval | dur+ | 10s | + | How often.
@upstream.health.active.jitter | percent | 10% | + | How irregularly.
@upstream.health.active.timeout | dur+ | 5s | + | How long to wait.
@upstream.health.active.healthy | int(1..) | 2 | + | Good answers until it is used again.
@upstream.health.active.unhealthy | int(1..) | 3 | + | Bad answers until it is left out.
@upstream.health.active.expect | text | 200-399 | + | Good statuses.
@upstream.health.active.port | int(1..65535) | | + | Another port.
@upstream.health.passive.consecutive | int(1..) | 5 | + | Failures until it is left out.
@upstream.health.passive.on[] | enum(connect,timeout,reset,502,503,504) | | + | What counts as failure.
@upstream.health.passive.eject | dur+ | 30s | + | How long it is left out.
@upstream.health.passive.max_eject | dur+ | 5m | + | At most so long.
@upstream.health.passive.max_ejected_percent | int(0..100) | 50 | + | At most so many.
@upstream.panic_threshold | int(0..100) | 50 | + | Uses all when fewer are healthy.
@upstream.protocol | enum(auto,http1,h2) | auto | + | HTTP version.
@upstream.tls.ca_file | text | | + | Authority to trust.
@upstream.tls.server_name | text | | + | Name in its certificate.
@upstream.tls.client_certificate | text | | + | Our certificate.
@upstream.tls.client_key | text | | + | Key of our certificate.
@upstream.tls.min_version | enum(1.2,1.3) | 1.2 | + | Oldest TLS.
@upstream.tls.pin_sha256[] | text | | + | Keys to insist on.
@upstream.tls.insecure_skip_verify | bool | false | + | Believes any certificate.
@upstream.max_idle | int(0..) | 64 | + | Idle connections kept per worker and target.
@upstream.idle_timeout | dur+ | 15s | + | How long they are kept.
@upstream.max_lifetime | dur+ | 10m | + | How long any connection is kept.
@upstream.max_connections | int(1..) | 256 | + | Connections per target.
@upstream.proxy_protocol | enum(off,v1,v2) | off | ~? | Tells the client's address by PROXY protocol.
@upstream.resolve | enum(first,all) | first | ~? | Which addresses of a name are used.
@upstream.allow_private | bool | true | ~? | Allows private addresses.
@upstream.preserve_header_case | bool | false | ~? | Keeps the case of header names.
@upstream.dedicated_connections | bool | false | ~? | One connection per client.
";
