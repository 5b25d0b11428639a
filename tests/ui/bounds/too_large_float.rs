use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 0.0..=1e40)]
    number: f32,
}

fn main() {}
