use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    flags: Vec<bool>,
}

fn main() {}
