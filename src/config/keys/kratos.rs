//! Kratos' keys outside `selfservice` and `courier`, and ours that stand among them (columns: `keys`).

pub(super) const TABLE: &str = r"
version | text | | = | Version the file was written for.
dev | bool | false | + | Development mode: insecure cookies, alias hosts, no throttling.
revision | text | | = | A label for this configuration.
sqa-opt-out | bool | false | = | Accepted; there is no usage telemetry.
watch-courier | bool | false | = | Accepted; mail is sent by the same process.
expose-metrics-port | int(0..65535) | 0 | = | Accepted; metrics are on the admin listener.
config[] | text | | = | Placeholder of a command-line flag.
help | bool | | = | Placeholder of a command-line flag.
organizations[] | any | | - | Organizations of the hosted product.
enterprise.identity_schema_fallback_url_template | text | | - | A feature of licensed builds.
dsn | dsn! | | + | Where data is kept: sqlite:///path.db?_fk=true or memory.

serve.public.base_url | url | | + | The URL under which people reach this gateway.
serve.public.host | bind | 0.0.0.0 | + | Address to listen on, or unix:/path.
serve.public.port | int(1..65535) | 4433 | + | Port to listen on.
serve.public.hosts[] | plainhost | | + | Other names of the same gateway, redirected to base_url for pages.
serve.public.listeners[].address | address! | | + | host:port, [v6]:port, :port or unix:/path.
serve.public.listeners[].tls | @tls | | + | Certificates of this listener.
serve.public.listeners[].redirect_to_https | bool | false | + | Sends plain requests to https.
serve.public.listeners[].proxy_protocol | enum(off,optional,required) | off | + | Believes a PROXY protocol header.
serve.public.listeners[].trusted_proxies[] | cidr | | + | Who may send a PROXY protocol header.
serve.public.listeners[].reuse_port | bool | false | + | Lets a second process listen on the same port.
serve.public.listeners[].limits | @limits | | ~ | Limits of this listener.
serve.public.request_log.disable_for_health | bool | false | + | Leaves health checks out of the access log.
serve.public.socket | @socket | | - | Owner and mode of a unix socket.
serve.public.tls | @filetls | | - | Certificate of the public listener.
serve.public.cors.enabled | bool | false | + | Answers cross-origin requests of browsers.
serve.public.cors.allowed_origins[] | corsorigin | | + | Origins that may read answers: exact, https://*.example.com or *.
serve.public.cors.allowed_methods[] | enum(POST,GET,PUT,PATCH,DELETE,CONNECT,HEAD,OPTIONS,TRACE) | POST,GET,PUT,PATCH,DELETE | + | Methods another origin may use.
serve.public.cors.allowed_headers[] | header | | + | Request headers another origin may send.
serve.public.cors.exposed_headers[] | header | Content-Type | + | Response headers another origin may read.
serve.public.cors.allow_credentials | bool | true | + | Another origin may send cookies.
serve.public.cors.options_passthrough | bool | false | -? | Passes preflight requests on.
serve.public.cors.max_age | int(0..) | 0 | + | Seconds a preflight answer may be kept.
serve.public.cors.debug | bool | false | = | Accepted without effect.
serve.admin.base_url | url | | + | The URL of the admin API.
serve.admin.host | bind | 127.0.0.1 | + | Address of the admin listener, or unix:/path.
serve.admin.port | int(1..65535) | 4434 | + | Port of the admin listener.
serve.admin.request_log.disable_for_health | bool | false | + | Leaves health checks out of the access log.
serve.admin.socket | @socket | | - | Owner and mode of a unix socket.
serve.admin.tls | @filetls | | - | Certificate of the admin listener.
serve.decisions.enabled | bool | false | + | Serves forward-auth endpoints.
serve.decisions.address | address | 127.0.0.1:4456 | + | Where forward-auth endpoints listen.
serve.decisions.trusted_proxies[] | cidr+ | | + | Who may ask for decisions.
serve.decisions.i_accept_spoofing | bool | false | = | Allows everybody to ask for decisions.
serve.decisions.mount_on_public | bool | false | + | Serves forward-auth endpoints on the public listener too.
serve.decisions.emit_cookie | bool | false | + | Answers with the client's cookies minus ours.
serve.decisions.cache_for | dur | | + | How long a caller may keep a decision.
serve.decisions.compat[] | enum(authelia,oauth2-proxy) | | ~ | Paths of other products to answer on.
serve.decisions.tls | @tls | | ~ | Certificates of the decisions listener.
serve.metrics.address | address | | ~ | A listener of its own for metrics.
@socket.owner | text | | - | User that owns the socket.
@socket.group | text | | - | Group that owns the socket.
@socket.mode | int(0..511) | 493 | - | Mode of the socket, as a decimal number.
@filetls.key.path | text | | - | Private key file.
@filetls.key.base64 | text | | - | Private key, base64.
@filetls.cert.path | text | | - | Certificate chain file.
@filetls.cert.base64 | text | | - | Certificate chain, base64.
@tls.certificates[].cert | text! | | + | Certificate chain file.
@tls.certificates[].key | text! | | + | Private key file.
@tls.certificates[].default | bool | false | + | Serves names no other certificate has.
@tls.min_version | enum(1.2,1.3) | 1.2 | + | Oldest TLS.
@tls.client_auth | any | | ~ | Client certificates.
@tls.acme.enabled | bool | false | ~ | Gets certificates by itself.
@tls.acme.directory | url | | ~ | Directory of the certificate authority.
@tls.acme.email | text | | ~ | Contact for the certificate authority.
@tls.acme.domains | any | auto | ~ | Names to get certificates for.
@tls.acme.challenge | enum(tls-alpn-01,http-01) | tls-alpn-01 | ~ | How names are proven.
@tls.acme.eab | any | | ~ | External account binding.
@tls.acme.storage | text | | ~ | Where certificates are kept.

log.level | enum(trace,debug,info,warning,error,fatal,panic) | info | + | How much is logged.
log.format | enum(json,text,json_pretty,gelf) | text | + | Form of log lines.
log.leak_sensitive_values | bool | false | + | Logs what is otherwise hidden.
log.redaction_text | text | | = | Accepted; hidden values are shown as ours.
log.access | logtarget | stdout | + | Access log: stdout, stderr, off or a path.
log.audit | logtarget | stderr | + | Audit log: stderr, off or a path.
log.query | enum(names,full) | names | ~? | How much of a query is logged.
tracing.provider | enum(jaeger,otel,zipkin) | | - | Where traces go.
tracing.service_name | text | | - | Name of this service in traces.
tracing.deployment_environment | text | | - | Environment in traces.
tracing.providers.jaeger.local_agent_address | text | | - | Jaeger agent.
tracing.providers.jaeger.sampling.server_url | uri | | - | Jaeger sampling server.
tracing.providers.jaeger.sampling.trace_id_ratio | number | | - | Share of requests traced.
tracing.providers.zipkin.server_url | uri | | - | Zipkin server.
tracing.providers.zipkin.sampling.sampling_ratio | number | | - | Share of requests traced.
tracing.providers.otlp.server_url | text | | - | OTLP server.
tracing.providers.otlp.insecure | bool | false | - | Speaks http with it.
tracing.providers.otlp.sampling.sampling_ratio | number | | - | Share of requests traced.
tracing.providers.otlp.authorization_header | text | | - | Authorization towards it.
database.cleanup | open | | - | When expired rows are removed.
database.cleanup.batch_size | int(1..) | 100 | - | Rows removed at a time.
database.cleanup.sleep.tables | dur | 1m | - | Pause between tables.
database.cleanup.older_than | dur | 0s | - | Grace period.
preview | open | | = | Accepted: reads are always consistent.
preview.default_read_consistency_level | enum(strong,eventual) | strong | = | Accepted: reads are always consistent.

identity.default_schema_id | text | default | + | Schema of new identities.
identity.schemas[].id | text! | | + | Name of the schema.
identity.schemas[].url | schemauri! | | + | file://, base64:// or https:// of the schema, or builtin:email.
identity.schemas[].selfservice_selectable | bool | false | + | May be chosen with ?identity_schema=.
secrets.default[] | secret | | + | Keys; the first writes, all read.
secrets.cookie[] | secret | | + | Keys of cookies; default: secrets.default.
secrets.pagination[] | secret | | - | Keys of page tokens.
secrets.cipher[] | cipher | | + | Keys for stored credentials, 32 characters each.
hashers.algorithm | enum(argon2,bcrypt) | argon2 | + | What new passwords are hashed with.
hashers.bcrypt.cost | int(4..31) | 12 | + | Cost of bcrypt; at least 12 outside development.
hashers.argon2.memory | size | 19456KiB | + | Memory per hash.
hashers.argon2.iterations | int(1..) | 2 | + | Passes.
hashers.argon2.parallelism | int(1..) | 1 | + | Lanes.
hashers.argon2.salt_length | int(16..1024) | 16 | + | Bytes of salt.
hashers.argon2.key_length | int(16..1024) | 32 | + | Bytes of the hash.
hashers.argon2.expected_duration | dur | 500ms | = | Accepted; used for calibration only.
hashers.argon2.expected_deviation | dur | 500ms | = | Accepted; used for calibration only.
hashers.argon2.dedicated_memory | size | 1GB | = | Accepted; hashers.memory_budget is what counts.
hashers.memory_budget | size | 256MiB | + | Memory that all hashes under way may take together.
ciphers | open | | - | How stored credentials are encrypted.
ciphers.algorithm | enum(noop,aes,xchacha20-poly1305) | noop | - | How stored credentials are encrypted.
cookies.domain | domain | | + | Domain of all our cookies.
cookies.path | path | / | + | Path of all our cookies.
cookies.secure | boolish | | + | Whether cookies need https; default: not in development.
cookies.same_site | enum(Strict,Lax,None) | Lax | + | SameSite of all our cookies.
session.lifespan | dur+ | 24h | + | How long a session lasts.
session.earliest_possible_extend | dur | | + | How long before its end a session may be extended.
session.extend_on_use | bool | false | ~? | Extends sessions that are in use.
session.cookie.name | token | ory_kratos_session | + | Name of the session cookie.
session.cookie.persistent | bool | true | + | The cookie outlives the browser.
session.cookie.domain | domain | | + | Domain of the session cookie.
session.cookie.path | path | | + | Path of the session cookie.
session.cookie.secure | boolish | | + | Whether the session cookie needs https.
session.cookie.same_site | enum(Strict,Lax,None) | | + | SameSite of the session cookie.
session.whoami.required_aal | enum(aal1,highest_available) | highest_available | + | Assurance level that whoami asks for.
session.whoami.caching | bool | false | -? | Says how long an answer may be kept.
session.whoami.tokenizer | open | | - | Sessions as signed tokens.
session.whoami.tokenizer.templates.* | open | | - | A kind of token.
session.whoami.tokenizer.templates.*.ttl | dur | 1m | - | Lifetime of the token.
session.whoami.tokenizer.templates.*.claims_mapper_url | fileuri | | - | Jsonnet that makes the claims.
session.whoami.tokenizer.templates.*.jwks_url | fileuri! | | - | Keys the token is signed with.
session.whoami.tokenizer.templates.*.subject_source | enum(id,external_id) | id | - | What the subject is.
clients | open | | - | Requests this server makes.
clients.http | open | | + | Requests over HTTP.
clients.http.disallow_private_ip_ranges | bool | false | + | Refuses private addresses.
clients.http.private_ip_exception_urls[] | text | | + | URLs that may be private: `*` is anything but `.` and `/`, `**` anything, `{a,b}` one of these.
clients.smtp | open | | + | Connections to mail servers.
clients.smtp.disallow_private_ip_ranges | bool | false | + | Refuses private addresses.
clients.web_hook | open | | - | Requests of web hooks.
clients.web_hook.header_allowlist[] | header | | - | Request headers a web hook may see.
security | open | | + | Protection against guessing.
security.account_enumeration | open | | + | Whether an answer tells that an account exists.
security.account_enumeration.mitigate | bool | false | + | Answers alike whether an account exists or not.
security.disallow_ref_in_identity_schemas | bool | false | -? | Refuses $ref to files and URLs in schemas.
feature_flags.cacheable_sessions | bool | false | + | Says how long whoami may be kept.
feature_flags.cacheable_sessions_max_age | dur | | + | At most this long.
feature_flags.use_continue_with_transitions | bool | false | + | Answers recovery with continue_with.
feature_flags.choose_recovery_address | bool | false | -? | Asks which address to recover by.
feature_flags.legacy_continue_with_verification_ui | bool | false | -? | Lists every address to verify.
feature_flags.legacy_require_verified_login_error | bool | false | -? | Old error for unverified addresses.
feature_flags.faster_session_extend | bool | false | + | Extends sessions with 204.
feature_flags.password_profile_registration_node_group | enum(default,password) | default | -? | Group of trait fields.
feature_flags.legacy_oidc_registration_node_group | bool | false | -? | Group of trait fields with OIDC.
feature_flags.legacy_allow_insecure_origins | bool | false | -? | A feature of the hosted product.
feature_flags.refresh_login_choose_address | bool | false | -? | Asks for an address at a repeated log-in.
oauth2_provider.url | url | | - | Admin URL of an OAuth2 server.
oauth2_provider.headers.* | text | | - | Headers towards it.
oauth2_provider.override_return_to | bool | false | - | Returns to the OAuth2 server after registration.
";
