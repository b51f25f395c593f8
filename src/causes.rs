//! Errors for people: with the whole chain of what caused them.

use std::error::Error;

/// The error with what caused it, outermost first, as one sentence.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("can't listen on 0.0.0.0:80")]
    struct Outer {
        source: std::io::Error,
    }

    #[test]
    fn an_error_is_one_sentence_with_its_causes() {
        let source = std::io::Error::other("permission denied");
        assert_eq!(with_causes(&Outer { source }), "can't listen on 0.0.0.0:80: permission denied");
    }
}
