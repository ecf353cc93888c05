//! Renders pages. Template names end in `.html`, so that minijinja escapes every value.

use axum::response::Html;
use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use crate::{
    article::{ARTICLE, Article},
    clock,
    comments::List,
    form::Form,
    form_problems::Problems,
};

/// All values of a page.
#[derive(Serialize)]
pub(crate) struct Page {
    article: &'static Article,
    today: String,
    views: String,
    list: List,
    pub(crate) flash: &'static str,
    /// A message about a failure.
    pub(crate) alert: &'static str,
    /// `None` if the article does not take comments.
    pub(crate) form: Option<Form>,
    pub(crate) problems: Problems,
    /// The author of the comment that the form replies to. Empty for a top-level comment.
    pub(crate) answering: String,
    /// The reader's text if the article closed in the meantime, so that they can copy it.
    pub(crate) unsent: String,
    /// True if the page has neither comments nor a form.
    hidden: bool,
}

impl Page {
    /// Returns the page without its form.
    pub(crate) fn new(views: String, list: List, hidden: bool) -> Self {
        Self {
            article: &ARTICLE,
            today: clock::date_line(clock::now()),
            views,
            list,
            flash: "",
            alert: "",
            form: None,
            problems: Problems::default(),
            answering: String::new(),
            unsent: String::new(),
            hidden,
        }
    }
}

/// The compiled templates.
pub(crate) struct Pages {
    environment: Environment<'static>,
}

impl Pages {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut environment = Environment::new();
        // A misspelt name in a template is an error instead of a gap.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.add_template("page.html", include_str!("templates/page.html"))?;
        environment.add_template("article.html", include_str!("templates/article.html"))?;
        environment.add_template("comments.html", include_str!("templates/comments.html"))?;
        environment.add_template("form.html", include_str!("templates/form.html"))?;
        Ok(Self { environment })
    }

    pub(crate) fn render(&self, page: &Page) -> anyhow::Result<Html<String>> {
        Ok(Html(self.environment.get_template("page.html")?.render(Serde(page))?))
    }
}
