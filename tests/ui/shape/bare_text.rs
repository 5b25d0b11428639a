use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    optimizer: String,
}

fn main() {}
