//! Browsers that have signed in before have an allowance of their own, so that strangers cannot lock the owner out (11.4).

use cookie::{Cookie, SameSite, time::Duration};
use data_encoding::BASE64URL_NOPAD;
use http::HeaderMap;

use super::{Inner, Throttle};
use crate::{
    clock::Timestamp,
    crypto::{Digest, random},
    model::{CredentialType, Identity, IdentityId, KnownDevice},
    store::{Change, StoreError},
    web::cookies,
};

impl Throttle {
    /// The device that a request says it comes from, as a digest.
    #[must_use]
    pub fn device(&self, headers: &HeaderMap) -> Option<Digest> {
        self.0.as_ref()?;
        let mut values = cookies::values(headers, NAME);
        let value = values.next().filter(|value| value.len() == LENGTH)?;
        Some(Digest::of(value))
    }

    /// Makes the browser of an identity, whose password is what it is since `since`, a known one: what to store and the cookie to set. A browser that will be known for a while
    /// yet, under the credentials as they are, stays as it is.
    ///
    /// # Errors
    /// When the store cannot tell.
    pub async fn remember(
        &self,
        (identity_id, since): (IdentityId, Timestamp),
        device: Option<Digest>,
        now: Timestamp,
    ) -> Result<Option<(Change, Cookie<'static>)>, StoreError> {
        let Some(inner) = &self.0 else {
            return Ok(None);
        };
        let lifespan = inner.settings.known_devices.lifespan;
        if let Some(device) = device {
            let known = inner.db.find_known_device(device, identity_id).await?;
            let renewed_from = now.plus(lifespan / 2);
            let fresh = known
                .is_some_and(|known| known.expires_at > renewed_from && known.credentials == since);
            if fresh {
                return Ok(None);
            }
        }
        let value = BASE64URL_NOPAD.encode(&random::<32>());
        let known = KnownDevice {
            device: Digest::of(value.as_bytes()),
            identity_id,
            credentials: since,
            expires_at: now.plus(lifespan),
        };
        Ok(Some((
            Change::PutKnownDevice(known),
            inner.cookie(value, known.expires_at),
        )))
    }
}

impl Inner {
    /// Whether somebody has signed in as this identity from this browser, with the credentials of today. For a stranger's identifier
    /// `identity` is absent, and the answer costs the same.
    pub(super) async fn is_known(
        &self,
        device: Digest,
        identity: Option<&Identity>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = identity.map_or(IdentityId(uuid::Uuid::nil()), |identity| identity.id);
        let known = self.db.find_known_device(device, id).await?;
        Ok(known.zip(identity).is_some_and(|(known, identity)| {
            known.expires_at > now && known.credentials == password_since(identity)
        }))
    }

    /// It goes to the endpoints of the flows and nowhere else, least of all to an app.
    fn cookie(&self, value: String, expires_at: Timestamp) -> Cookie<'static> {
        let lifespan = self.settings.known_devices.lifespan.as_secs();
        let mut cookie = Cookie::new(NAME, value);
        cookie.set_http_only(true);
        cookie.set_secure(self.secure);
        cookie.set_path(self.path.clone());
        cookie.set_same_site(SameSite::Lax);
        cookie.set_max_age(Duration::seconds(
            i64::try_from(lifespan).unwrap_or(i64::MAX),
        ));
        cookie.set_expires(expires_at.date_time());
        cookie
    }
}

/// When the password last became another one; the epoch without.
#[must_use]
pub fn password_since(identity: &Identity) -> Timestamp {
    let password = identity.credentials.get(&CredentialType::Password);
    password.map_or(Timestamp::EPOCH, |password| password.updated_at)
}

const NAME: &str = "vestibule_device";

/// 32 bytes in base64url.
const LENGTH: usize = 43;
