use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1..=10)] #[search_space(log, range = 2..=3)]
    number: u32,
}

fn main() {}
