use hpo_core::SearchSpace;

fn main() {
    const LOW: u32 = 3;
    fn feasible(_: &Local) -> bool {
        true
    }

    #[derive(SearchSpace)]
    #[search_space(constraint = feasible)]
    struct Local {
        #[search_space(range = LOW..=Self::HIGH)]
        number: u32,
    }

    impl Local {
        const HIGH: u32 = 9;
    }

    assert_eq!(Local { number: 3 }.violation(), 0.0 * f64::from(Local { number: 3 }.number));
}
