use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0..=18_446_744_073_709_551_616)]
    number: u128,
}

fn main() {}
