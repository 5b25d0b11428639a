use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    letter: char,
}

fn main() {}
