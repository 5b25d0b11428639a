use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(log)]
    number: f64,
}

fn main() {}
