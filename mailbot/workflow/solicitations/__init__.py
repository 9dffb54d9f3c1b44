"""约稿: asked on a person's word, matched with its replies, reminded of, closed and ruled on."""
