"""Privacy: do the synthetic rows betray the rows they were learned from?"""
