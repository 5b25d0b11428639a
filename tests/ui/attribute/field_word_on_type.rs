use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(range = 1..=10)]
struct Config {
    flag: bool,
}

fn main() {}
