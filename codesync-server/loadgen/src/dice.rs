//! Chance that can be repeated.

/// Xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Different numbers for each seed and each `number` of who throws.
    #[must_use]
    pub fn new(seed: u64, number: u64) -> Self {
        let mixed =
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_mul(0xd1b5_4a32_d192_ed03);
        let mut this = Self(mixed | 1);
        // Seeds that are alike give first throws that are alike.
        (0..4).for_each(|_| _ = this.below(1));
        this
    }

    /// A number below `n`; zero if there is none.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let thrown = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        (thrown % n.max(1) as u64) as usize
    }
}
