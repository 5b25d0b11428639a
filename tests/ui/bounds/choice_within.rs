use hpo_core::SearchSpace;

#[derive(SearchSpace)]
struct Config {
    #[search_space(choices = [None, Some("a")])]
    number: Option<u32>,
    #[search_space(choices = [None, Some(1)])]
    rate: Option<f64>,
    #[search_space(choices = [None, Some("a")])]
    name: Option<String>,
    #[search_space(choices = [None, 1])]
    half: Option<u32>,
    #[search_space(choices = [1, None])]
    none: u32,
    #[search_space(choices = [[1, 2], [1, 2.5]])]
    pair: [u8; 2],
    #[search_space(choices = [Box::new(1), Box::new("a")])]
    boxed: Box<u8>,
    #[search_space(choices = [None, Some(None), Some(Some('a'))])]
    deep: Option<Option<bool>>,
}

fn main() {}
