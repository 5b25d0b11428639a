use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [1.0, f64::INFINITY])]
    number: f64,
}

fn main() {}
