use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=1)]
    flag: bool,
}

fn main() {}
