use hpo_core::SearchSpace;

#[derive(SearchSpace)]
#[search_space(constraint = |config| config.flag)]
struct Config {
    flag: bool,
}

fn main() {}
