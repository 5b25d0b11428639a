use hpo_core::SearchSpace;

const LIMIT: i8 = 3;
#[derive(SearchSpace)]
struct Config {
    #[search_space(range = -LIMIT..=LIMIT)]
    number: std::num::NonZeroI8,
}

fn main() {}
