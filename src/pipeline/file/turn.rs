//! How pictures of a video have to be turned and mirrored to be upright: eight ways.

/// Named by what is done with a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    #[default]
    None,
    Clockwise,
    Half,
    Anticlockwise,
    /// Left and right change places.
    Mirror,
    /// Up and down do.
    Flip,
    /// x and y do: what is at the left comes to the top.
    Transpose,
    /// What is at the left comes to the bottom, what is at the top to the right.
    Transverse,
}

impl Turn {
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::Clockwise,
        Self::Half,
        Self::Anticlockwise,
        Self::Mirror,
        Self::Flip,
        Self::Transpose,
        Self::Transverse,
    ];

    /// Of a whole number of quarters; anything else is not turned.
    pub fn of_degrees(clockwise: u32) -> Self {
        match clockwise {
            90 => Self::Clockwise,
            180 => Self::Half,
            270 => Self::Anticlockwise,
            _ => Self::None,
        }
    }

    /// By the matrix of a track's header (ISO/IEC 14496-12, 6.2.2), of which `a b` is where x goes and `c d` where y goes;
    /// by their signs, since it may scale, too. Anything slanted is not turned.
    pub fn of_matrix([a, b, c, d]: [i32; 4]) -> Self {
        match [a.signum(), b.signum(), c.signum(), d.signum()] {
            [0, 1, -1, 0] => Self::Clockwise,
            [-1, 0, 0, -1] => Self::Half,
            [0, -1, 1, 0] => Self::Anticlockwise,
            [-1, 0, 0, 1] => Self::Mirror,
            [1, 0, 0, -1] => Self::Flip,
            [0, 1, 1, 0] => Self::Transpose,
            [0, -1, -1, 0] => Self::Transverse,
            _ => Self::None,
        }
    }

    /// Clockwise degrees, after which left and right may still have to change places.
    pub const fn degrees(self) -> u32 {
        match self {
            Self::None | Self::Mirror => 0,
            Self::Clockwise | Self::Transpose => 90,
            Self::Half | Self::Flip => 180,
            Self::Anticlockwise | Self::Transverse => 270,
        }
    }

    pub const fn is_mirrored(self) -> bool {
        matches!(self, Self::Mirror | Self::Flip | Self::Transpose | Self::Transverse)
    }

    /// For `videoflip video-direction`.
    pub(super) const fn direction(self) -> &'static str {
        match self {
            Self::None => "identity",
            Self::Clockwise => "90r",
            Self::Half => "180",
            Self::Anticlockwise => "90l",
            Self::Mirror => "horiz",
            Self::Flip => "vert",
            Self::Transpose => "ul-lr",
            Self::Transverse => "ur-ll",
        }
    }

    /// The size before turning.
    pub(super) const fn unturned(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.degrees().is_multiple_of(180) { (width, height) } else { (height, width) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_matrix_has_its_turn() {
        for ([a, b, c, d], turn) in [
            ([1, 0, 0, 1], Turn::None),
            ([0, 1, -1, 0], Turn::Clockwise),
            ([-1, 0, 0, -1], Turn::Half),
            ([0, -1, 1, 0], Turn::Anticlockwise),
            ([-1, 0, 0, 1], Turn::Mirror),
            ([1, 0, 0, -1], Turn::Flip),
            ([0, 1, 1, 0], Turn::Transpose),
            ([0, -1, -1, 0], Turn::Transverse),
        ] {
            assert_eq!(Turn::of_matrix([a, b, c, d].map(|part| part << 16)), turn);
            // A quarter clockwise puts (x, y) at (-y, x).
            let place = (0..turn.degrees() / 90).fold((5, 7), |(x, y), _| (-y, x));
            let place = if turn.is_mirrored() { (-place.0, place.1) } else { place };
            assert_eq!((5 * a + 7 * c, 5 * b + 7 * d), place, "{turn:?}");
        }
        assert_eq!(Turn::of_matrix([46340, 46340, -46340, 46340]), Turn::None, "an eighth");
        assert!(Turn::ALL.iter().all(|turn| turn.is_mirrored() || Turn::of_degrees(turn.degrees()) == *turn));
    }
}
