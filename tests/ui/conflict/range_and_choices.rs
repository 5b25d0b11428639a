use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=10, choices = [1, 2])]
    number: u32,
}

fn main() {}
