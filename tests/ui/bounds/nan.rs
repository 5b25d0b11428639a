use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = f64::NAN..=1.0)]
    number: f64,
}

fn main() {}
