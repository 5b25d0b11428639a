use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    depth: usize,
}

fn main() {}
