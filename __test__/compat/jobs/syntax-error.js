const unfinished = ;
