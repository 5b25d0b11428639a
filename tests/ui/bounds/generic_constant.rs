use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config<const N: usize> {
    #[search_space(range = 5..=N)]
    number: usize,
}
const _: fn() -> hpo_core::space::Space = Config::<3>::space;

fn main() {}
