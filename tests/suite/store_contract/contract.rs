/// Runs every test once per database, as `sqlite::name` and `postgres::name`.
macro_rules! contract {
    ($($(#[$meta:meta])* async fn $name:ident($home:ident: &Home) $body:block)+) => {
        $($(#[$meta])* async fn $name($home: &Home) $body)+

        mod sqlite {
            use crate::support::home::Home;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() {
                super::$name(&Home::sqlite().await).await;
            })+
        }

        mod postgres {
            use crate::support::home::Home;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $name() {
                super::$name(&Home::postgres().await).await;
            })+
        }
    };
}
