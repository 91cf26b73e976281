//! The upstreams of all routes: what is the same is there once, and stays over a reload (gateway ).

use std::sync::Arc;

use crate::{
    config::{Target, Upstream},
    gateway::upstream::{Endpoint, Group, is_grpc},
    net::TlsError,
};

/// Upstreams while a table is built.
pub(super) struct Upstreams {
    known: Vec<Arc<Endpoint>>,
    used: Vec<Arc<Endpoint>>,
    next: usize,
    groups: Vec<(Upstream, bool, Arc<Group>)>,
}

impl Upstreams {
    /// `known` are the endpoints of the table before; indexes go on from `next`.
    pub(super) fn new(known: &[Arc<Endpoint>], next: usize) -> Self {
        Self {
            known: known.to_vec(),
            used: Vec::new(),
            next,
            groups: Vec::new(),
        }
    }

    /// The upstream with these settings.
    ///
    /// # Errors
    /// When its certificates cannot be read.
    pub(super) fn group(
        &mut self,
        settings: &Upstream,
        grpc: bool,
    ) -> Result<Arc<Group>, TlsError> {
        let same = |(one, two, _): &&(Upstream, bool, Arc<Group>)| one == settings && *two == grpc;
        if let Some((.., group)) = self.groups.iter().find(same) {
            return Ok(Arc::clone(group));
        }
        let targets = settings.targets.iter();
        let endpoints: Result<Vec<_>, _> = targets
            .map(|target| self.endpoint(target, settings, grpc))
            .collect();
        let group = Arc::new(Group::new(settings, endpoints?));
        self.groups
            .push((settings.clone(), grpc, Arc::clone(&group)));
        Ok(group)
    }

    fn endpoint(
        &mut self,
        target: &Target,
        settings: &Upstream,
        grpc: bool,
    ) -> Result<Arc<Endpoint>, TlsError> {
        let grpc = grpc || is_grpc(target);
        let endpoint = Endpoint::shared(&mut self.known, &mut self.next, target, settings, grpc)?;
        if !self.used.iter().any(|one| one.index == endpoint.index) {
            self.used.push(Arc::clone(&endpoint));
        }
        Ok(endpoint)
    }

    /// The endpoints and groups that are used, and the next free index.
    pub(super) fn done(self) -> (Vec<Arc<Endpoint>>, Vec<Arc<Group>>, usize) {
        let groups = self.groups.into_iter().map(|(.., group)| group);
        (self.used, groups.collect(), self.next)
    }
}
