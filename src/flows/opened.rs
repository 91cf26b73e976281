//! The link of a mail is followed where the mail is read: that browser may go on with the flow, and the one that began it may too
//! (methods 1.8, product promise 7).

use super::{Answer, Failed, Inner, Reply, Visit};
use crate::{
    model::{Flow, FlowState, FlowType},
    ui::{Node, text},
    web::csrf,
};

/// Whether a flow is the browser's whose CSRF cookie holds `secret`: it began it, or it followed the link of its mail.
pub(super) fn is_bound(flow: &Flow, secret: &csrf::Secret) -> bool {
    let digest = secret.digest();
    let reader = flow.internal.get(READER).and_then(|value| value.as_str());
    flow.csrf == Some(digest) || reader.is_some_and(|reader| reader == digest.hex())
}

impl Inner {
    /// Shows the form in this browser, whoever it is that asks: a link is followed by people.
    pub(super) async fn open_here(
        &self,
        mut flow: Flow,
        nodes: Vec<Node>,
        visit: &Visit,
    ) -> Result<Answer, Failed> {
        let mut answer = Answer::plain(Reply::Moved(self.page(&flow)));
        let stranger = flow.flow_type == FlowType::Browser && !is_bound(&flow, &visit.secret);
        if flow.state == FlowState::PassedChallenge {
            if stranger {
                return self.restart(&flow, text::verification_done(), visit).await;
            }
            return Ok(answer);
        }
        if stranger {
            let reader = visit.secret.digest().hex();
            flow.internal.insert(READER.to_owned(), reader.into());
            answer.cookies.push(self.csrf.cookie(&visit.secret));
        }
        flow.ui.nodes = nodes;
        flow.updated_at = visit.now;
        self.save(&flow).await?;
        Ok(answer)
    }
}

/// Where a flow keeps the browser that followed its link last.
const READER: &str = "reader";
