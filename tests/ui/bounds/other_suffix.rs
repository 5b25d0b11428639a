use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0.0f32..=1.0)]
    number: f64,
}

fn main() {}
