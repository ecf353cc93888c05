//! Suggestions for unknown names: the known names that are most similar to them.

use super::{article_name::ArticleName, text};

/// Least similarity of a suggested name, between 0 (nothing in common) and 1 (equal).
const LEAST_SIMILARITY: f64 = 0.5;

/// Least similarity of a suggested article. It is lower, because some words of a long title may be missing.
const LEAST_ARTICLE_SIMILARITY: f64 = 0.4;

/// Longest text, in bytes, that is compared by edit distance.
const MOST_EDITED: usize = 40;

/// Finds the known names that are most similar to `wanted`, best first, at most `most` of them. Case does not matter.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let wanted = wanted.to_lowercase();
    let scored = known.into_iter().map(|name| (similarity(&wanted, &name.to_lowercase()), name));
    let mut scored: Vec<_> = scored.filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY).collect();
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    scored.into_iter().map(|(_, name)| name).take(most).collect()
}

/// Finds the known articles whose id or title is most similar to `wanted`, best first, at most `most` of them. Marks
/// and punctuation do not matter, because moderators type titles where an id is expected.
pub fn nearest_articles(wanted: &str, known: Vec<ArticleName>, most: usize) -> Vec<ArticleName> {
    let words = |text: &str| text::fold(&text.replace(|c: char| !c.is_alphanumeric(), " "));
    let wanted = words(wanted);
    let score = |name: &ArticleName| {
        similarity(&wanted, &words(name.id.as_str())).max(similarity(&wanted, &words(&name.title)))
    };
    let mut scored: Vec<_> = known.into_iter().map(|name| (score(&name), name)).collect();
    scored.retain(|(similarity, _)| *similarity >= LEAST_ARTICLE_SIMILARITY);
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    scored.into_iter().map(|(_, name)| name).take(most).collect()
}

/// Computes the similarity of two texts, between 0 and 1. It is at least 0.75 if one text contains the other.
fn similarity(one: &str, other: &str) -> f64 {
    // Long texts are compared by pairs of letters, because the cost of the edit distance is quadratic.
    let is_long = one.len().max(other.len()) > MOST_EDITED;
    let edits =
        if is_long { strsim::sorensen_dice(one, other) } else { strsim::normalized_damerau_levenshtein(one, other) };
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    if short.chars().count() >= 3 && long.contains(short) { edits.max(0.75) } else { edits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ArticleId;

    #[test]
    fn typing_errors_are_tolerated_and_unrelated_names_are_not_suggested() {
        let known = ["DUYET_LOG", "DUYET_KEYS", "DUYET_KEYS_FILE", "DUYET_GRPC_ADDR"];
        assert_eq!(nearest("DUYET_KYES", known, 1), ["DUYET_KEYS"]);
        assert_eq!(nearest("duyet_grpc_adr", known, 1), ["DUYET_GRPC_ADDR"]);
        assert_eq!(nearest("PATH", known, 3), [""; 0]);
        assert_eq!(nearest("", known, 3), [""; 0]);
    }

    #[test]
    fn an_article_is_found_by_its_title_and_by_a_typing_error_in_its_id() {
        let article = |id: &str, title: &str| ArticleName { id: ArticleId::parse(id).unwrap(), title: title.into() };
        let known = || {
            vec![
                article("gia-vang-2026", "Giá vàng tăng kỷ lục trong phiên sáng nay"),
                article("cau-moi", "Cầu mới qua sông thông xe sau ba năm thi công"),
                article("bai-1", ""),
            ]
        };
        for wanted in ["Cầu mới qua sông thông xe sau ba năm thi công", "cau moi qua song", "cau-mio", "Cau Moi"]
        {
            let found = nearest_articles(wanted, known(), 1);
            assert_eq!(found.first().map(|name| name.id.as_str()), Some("cau-moi"), "{wanted}");
        }
        assert_eq!(nearest_articles("xyz", known(), 3), []);
    }

    #[test]
    fn a_part_of_a_name_is_similar_to_it() {
        assert_eq!(nearest("cau moi", ["cau moi qua song thong xe sau ba nam", "gia vang"], 1).len(), 1);
    }
}
