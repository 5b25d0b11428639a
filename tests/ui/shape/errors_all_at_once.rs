use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(range = 10..=1)]
    depth: u32,
    rate: f64,
    #[search_space(lgo, choices = [1, 1])]
    size: usize,
}

fn main() {}
