use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    pause: std::time::Duration,
}

fn main() {}
