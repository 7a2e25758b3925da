//! What the tests share: the demo system, models, development data.
