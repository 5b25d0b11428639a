use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config<const N: usize> {
    #[search_space(range = 5..=N)]
    number: usize,
}

fn main() {
    Config::<3>::space();
}
