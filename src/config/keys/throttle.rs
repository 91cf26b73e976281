//! The keys of `throttle`: how often something may be tried (security 11; columns: `keys`).

pub(super) const TABLE: &str = r"
throttle.enabled | bool | true | + | Slows down guessing; default false in development mode.
throttle.keys | int(1..10000000) | 200000 | + | Clients and accounts remembered at a time, per kind of limit.
throttle.submissions.burst | int(1..) | 60 | + | Forms one client may send at once.
throttle.submissions.rate | rate | 60/1m | + | Forms one client may send in the long run.
throttle.flows.burst | int(1..) | 300 | + | Flows one client may begin at once.
throttle.flows.rate | rate | 60/1m | + | Flows one client may begin in the long run.
throttle.flows.unfinished | int(1..) | 2000 | + | Unfinished flows kept for one client; the oldest go first.
throttle.registrations.burst | int(1..) | 20 | + | Accounts one client may create at once.
throttle.registrations.rate | rate | 20/1h | + | Accounts one client may create in the long run.
throttle.first_factor.free | int(1..) | 5 | + | Wrong passwords or codes of one client for one account before it has to wait.
throttle.first_factor.wait | dur+ | 1s | + | The first wait; each failure doubles it.
throttle.first_factor.longest_wait | dur+ | 15m | + | The longest wait.
throttle.first_factor.forget_after | dur+ | 24h | + | Failures older than this are forgotten.
throttle.first_factor.per_account | int(1..) | 100 | + | Consecutive failures of all clients after which only known devices may try.
throttle.known_devices.lifespan | dur+ | 180d | + | How long a browser is remembered after signing in.
throttle.known_devices.failures | int(1..) | 10 | + | Failures of a remembered browser that count for itself only.
throttle.second_factor.per_flow | int(1..) | 5 | + | Wrong second factors in one flow.
throttle.second_factor.per_account | rate | 10/15m | + | Wrong second factors for one account.
throttle.second_factor.lock_after | int(1..) | 30 | + | Consecutive failures that lock the second factor until the account is recovered.
throttle.sends.per_address.burst | int(1..) | 5 | + | Codes and links sent to one address at once.
throttle.sends.per_address.rate | rate | 1/10m | + | Codes and links sent to one address in the long run.
throttle.sends.per_client.burst | int(1..) | 20 | + | Codes and links one client may ask for at once.
throttle.sends.per_client.rate | rate | 1/1m | + | Codes and links one client may ask for in the long run.
throttle.sends.resends_per_flow | int(0..) | 3 | + | Codes and links sent again in one flow.
";
