// Tests append to this file what a page shall do.
