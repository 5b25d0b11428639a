use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config<T> {
    #[search_space(range = 0..=1)]
    number: T,
}

fn main() {}
