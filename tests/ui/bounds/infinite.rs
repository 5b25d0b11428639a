use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0.0..=f64::INFINITY)]
    number: f64,
}

fn main() {}
