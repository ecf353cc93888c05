//! Values as SQL literals of either database.

use chrono::{DateTime, Utc};
use duyetd::domain::id::CommentId;

use super::home::Home;

impl Home {
    pub(crate) fn time(&self, at: DateTime<Utc>) -> String {
        if self.is_postgres() {
            format!("timestamptz '{}'", at.to_rfc3339())
        } else {
            at.timestamp_micros().to_string()
        }
    }

    pub(crate) fn id(&self, id: uuid::Uuid) -> String {
        if self.is_postgres() { format!("'{id}'::uuid") } else { format!("x'{}'", id.simple()) }
    }

    pub(crate) fn bytes(&self) -> &'static str {
        if self.is_postgres() { "'\\x0123'::bytea" } else { "x'0123'" }
    }

    /// Changes columns of a comment directly in the database.
    pub(crate) async fn set(&self, id: CommentId, columns: &str) {
        let sql = format!("update comments set {columns} where comment_id = {}", self.id(id.0));
        self.execute(&sql).await.unwrap();
    }

    /// Puts a comment back into the queue at a time.
    pub(crate) async fn flag(&self, id: CommentId, at: DateTime<Utc>) {
        self.set(id, &format!("flagged_at = {}", self.time(at))).await;
    }

    pub(crate) async fn demand(&self, id: CommentId, due_at: DateTime<Utc>) {
        let due_at = self.time(due_at);
        self.set(id, &format!("flagged_at = {due_at}, takedown_kind = 'AUTHORITY', due_at = {due_at}")).await;
    }
}
