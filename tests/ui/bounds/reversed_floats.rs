use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 1e-1..=1e-5, log)]
    number: f64,
}

fn main() {}
